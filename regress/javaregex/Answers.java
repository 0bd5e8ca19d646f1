/*
 * Answers.java
 *    What Java makes of regular expressions, for t/121_regex.pl to compare with.
 *
 * Reads cases (kind, expression, replacement, subject, separated by tabs) and writes
 * each with its answer behind it, in place of the one that was there:
 *
 *    java regress/javaregex/Answers.java < regress/javaregex/cases.txt > new && mv new regress/javaregex/cases.txt
 *
 * A route is what RegexRouter of Kafka Connect does with a topic, a list what
 * Debezium's include and exclude lists do with a name.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.regex.*;

public class Answers
{
	static String route(String regex, String replacement, String topic)
	{
		Matcher matcher = Pattern.compile(regex).matcher(topic);

		return matcher.matches() ? matcher.replaceFirst(replacement) : topic;
	}

	static String list(String regex, String name)
	{
		return Pattern.compile(regex, Pattern.CASE_INSENSITIVE).matcher(name).matches() ? "yes" : "no";
	}

	static String answer(String[] given)
	{
		try
		{
			return given[0].equals("route") ? route(given[1], given[2], given[3]) : list(given[1], given[3]);
		}
		catch (IllegalArgumentException | IndexOutOfBoundsException e)
		{
			return "!error";
		}
	}

	public static void main(String[] args) throws IOException
	{
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);

		for (String line = in.readLine(); line != null; line = in.readLine())
		{
			String[] given = line.split("\t", -1);

			out.println(given.length < 4 ? line :
						String.join("\t", given[0], given[1], given[2], given[3], answer(given)));
		}
		out.flush();
	}
}
