import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;

/**
 * A sink that needs records with a schema: reads a topic's records into Structs, as a sink connector with JsonConverter does, and
 * prints each as the types of its fields, a tab, and its value. Structs.java BROKERS TOPIC; ends at the topic's end.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
public class Structs {
    public static void main(String[] args) {
        JsonConverter keys = converter(true, true);
        JsonConverter values = converter(true, false);
        JsonConverter bare = converter(false, false);
        TopicPartition partition = new TopicPartition(args[1], 0);

        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", args[0]), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    require(keys.toConnectData(args[1], record.key()));
                    SchemaAndValue value = require(values.toConnectData(args[1], record.value()));
                    System.out.println(types(value.schema()) + "\t"
                            + new String(bare.fromConnectData(args[1], value.schema(), value.value()), StandardCharsets.UTF_8));
                }
            }
        }
    }

    private static JsonConverter converter(boolean schemas, boolean isKey) {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", schemas), isKey);
        return converter;
    }

    private static SchemaAndValue require(SchemaAndValue data) {
        if (data.schema() == null || !(data.value() instanceof Struct)) {
            throw new IllegalStateException("no struct: " + data);
        }
        ((Struct) data.value()).validate();
        return data;
    }

    private static String types(Schema schema) {
        return schema.name() + "(" + schema.fields().stream()
                .map(f -> f.name() + " " + f.schema().type() + (f.schema().isOptional() ? "" : " NOT NULL"))
                .collect(Collectors.joining(", ")) + ")";
    }
}
